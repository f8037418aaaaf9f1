"""Device families as data: the model, reading them, and choosing one."""

from collectors.profiles.choose import GENERIC, candidates, choose, device_class, questions
from collectors.profiles.load import FAMILIES, ProfileInvalid, Profiles, builtin, load, read
from collectors.profiles.model import KINDS, Profile
from collectors.profiles.relocate import relocated

__all__ = [
    "FAMILIES",
    "GENERIC",
    "KINDS",
    "Profile",
    "ProfileInvalid",
    "Profiles",
    "builtin",
    "candidates",
    "choose",
    "device_class",
    "load",
    "questions",
    "read",
    "relocated",
]
