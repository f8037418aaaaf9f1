"""The reference engine: the same sessions over pysnmp, for odd agents, and as the oracle of the tests.

Complete and slow: some 60 ms of CPU for what the own engine does in one, so it is not for the every-minute visit of
large tables. In version 1 and 2c pysnmp reads and writes the messages and we carry them; in version 3 it does all.
What it does otherwise than the own engine: it does not hold answers to their time window, takes counters sent without
their leading zero for a spoilt message, and follows no device whose boots counter goes backwards.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from abc import abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413.cmdgen import BulkCommandGenerator, GetCommandGenerator, NextCommandGenerator
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import auth as usm
from pysnmp.hlapi.v3arch.asyncio.lcd import CommandGeneratorLcdConfigurator
from pysnmp.hlapi.v3arch.asyncio.transport import Udp6TransportTarget, UdpTransportTarget
from pysnmp.proto import errind
from pysnmp.proto.api import v1, v2c

from collectors.errors import (
    AccessDenied,
    DeviceFault,
    Malformed,
    NoAnswer,
    OutOfTime,
    Refused,
    Unroutable,
    WrongCredentials,
)
from collectors.session import Oid, SnmpSession
from collectors.snmp import ber
from collectors.snmp.asking import AskingSession
from collectors.snmp.ber import Bind
from collectors.snmp.message import HIGHEST_ID, RESPONSE, V1, V2C, Pdu, Request
from collectors.target import AuthProtocol, PrivProtocol, SnmpAccess

_BACK_OFF = 1.5

_AUTH: Final[dict[AuthProtocol | None, Any]] = {
    None: usm.USM_AUTH_NONE,
    "MD5": usm.USM_AUTH_HMAC96_MD5,
    "SHA": usm.USM_AUTH_HMAC96_SHA,
    "SHA-224": usm.USM_AUTH_HMAC128_SHA224,
    "SHA-256": usm.USM_AUTH_HMAC192_SHA256,
    "SHA-384": usm.USM_AUTH_HMAC256_SHA384,
    "SHA-512": usm.USM_AUTH_HMAC384_SHA512,
}
_PRIV: Final[dict[PrivProtocol | None, Any]] = {
    None: usm.USM_PRIV_NONE,
    "DES": usm.USM_PRIV_CBC56_DES,
    "AES-128": usm.USM_PRIV_CFB128_AES,
    "AES-192": usm.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": usm.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-CISCO": usm.USM_PRIV_CFB192_AES,
    "AES-256-CISCO": usm.USM_PRIV_CFB256_AES,
}
_REFUSALS: Final = (
    errind.AuthenticationError,
    errind.AuthenticationFailure,
    errind.DecryptionError,
    errind.EncryptionError,
    errind.UnknownSecurityName,
    errind.UnknownUserName,
    errind.UnsupportedSecurityLevel,
    errind.WrongDigest,
)
_CONTEXT_REFUSALS: Final = (errind.NoSuchContext, errind.NoSuchView, errind.NoAccessEntry, errind.NoGroupName)


class ReferenceEngine:
    """Opens sessions over pysnmp. One per event loop."""

    def __init__(self) -> None:
        # One pysnmp engine for each set of credentials: it knows users by name alone, and two devices may have the same
        # user with another secret.
        self._engines: dict[SnmpAccess, SnmpEngine] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close pysnmp's sockets; sessions close their own."""
        for engine in self._engines.values():
            engine.close_dispatcher()
        self._engines.clear()

    def session(
        self,
        address: str,
        port: int,
        access: SnmpAccess,
        *,
        timeout_seconds: float,
        retries: int,
        limits: dict[str, Any],
    ) -> SnmpSession:
        """A session with one device. Sends nothing yet; `limits` is read and changed (Memory.limits)."""
        options: dict[str, Any] = {"timeout_seconds": timeout_seconds, "retries": retries, "limits": limits}
        if access.version == "3":
            engine = self._engines.get(access)
            if engine is None:
                engine = self._engines[access] = SnmpEngine()
            return _UsmSession(engine, address, port, access, **options)
        return _CommunitySession(address, port, access, **options)


class _ReferenceSession(AskingSession):
    """Attempts and deadlines around one request carried by pysnmp."""

    def __init__(
        self,
        address: str,
        port: int,
        access: SnmpAccess,
        *,
        timeout_seconds: float,
        retries: int,
        limits: dict[str, Any],
    ) -> None:
        super().__init__(limits=limits, bulk=access.version != "1")
        self._address = address
        self._device_port = port
        self._access = access
        self._timeout_seconds = timeout_seconds
        self._attempts = 1 + max(0, retries)

    @abstractmethod
    async def _once(
        self, request: Request, oids: Sequence[str], repetitions: int, seconds: float
    ) -> Pdu | DeviceFault | None:
        """One request and its answer, or None for silence. Raises `Malformed`, and what pysnmp raises of the answer."""

    async def exchange(
        self, request: Request, oids: Sequence[str], until: float, repetitions: int = 0
    ) -> Pdu | DeviceFault:
        fault: DeviceFault | None = None
        for attempt in range(self._attempts):
            seconds = min(self._timeout_seconds * _BACK_OFF**attempt, until - time.monotonic())
            if seconds <= 0:
                silent = NoAnswer(f"no answer from {self._address} port {self._device_port}")
                return fault or (OutOfTime("the visit's deadline came first") if self.answered else silent)
            self.requests += 1
            self.retries += attempt > 0
            try:
                got = await self._once(request, oids, max(1, repetitions >> attempt) if repetitions else 0, seconds)
            except Malformed as malformed:
                got = malformed
            except (PySnmpError, PyAsn1Error) as error:
                got = Malformed(f"pysnmp cannot read the answer: {type(error).__name__}")
            if isinstance(got, Pdu):
                self.answered = True
                return got
            if isinstance(got, Malformed | Refused):
                fault = got
            elif got is not None:
                self.answered = self.answered or isinstance(got, AccessDenied)
                return got
        return fault or NoAnswer(f"no answer from {self._address} port {self._device_port}")


# ---------------------------------------------------------------- version 1 and 2c
class _Inbox(asyncio.DatagramProtocol):
    """What arrives from the one device the socket is connected to."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[bytes | OSError] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.arrived.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self.arrived.put_nowait(exc)


class _CommunitySession(_ReferenceSession):
    """Version 1 or 2c: pysnmp's messages over a connected socket of the session's own."""

    def __init__(self, address: str, port: int, access: SnmpAccess, **options: Any) -> None:
        super().__init__(address, port, access, **options)
        self._module = v1 if access.version == "1" else v2c
        self._socket: tuple[asyncio.DatagramTransport, _Inbox] | None = None

    async def _once(
        self, request: Request, oids: Sequence[str], repetitions: int, seconds: float
    ) -> Pdu | DeviceFault | None:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + seconds
        if self._socket is None:
            try:
                self._socket = await loop.create_datagram_endpoint(
                    _Inbox, remote_addr=(self._address, self._device_port)
                )
            except socket.gaierror as error:
                return Unroutable(f"the name {self._address} does not resolve: {error.strerror}")
            except OSError as error:
                return Unroutable(f"cannot send to {self._address}: {error.strerror}")
        transport, inbox = self._socket
        request_id = 1 + secrets.randbelow(HIGHEST_ID)
        transport.sendto(self._message(request, oids, repetitions, request_id))
        while True:
            try:
                async with asyncio.timeout_at(ends_at):
                    got = await inbox.arrived.get()
            except TimeoutError:
                return None
            if isinstance(got, ConnectionRefusedError):
                return Refused(f"port {self._device_port} of {self._address} is closed")
            if isinstance(got, OSError):
                return Unroutable(f"cannot send to {self._address}: {got.strerror}")
            self.octets += len(got)
            pdu = self._read(got)
            if pdu.request_id == request_id:
                return pdu

    def _message(self, request: Request, oids: Sequence[str], repetitions: int, request_id: int) -> bytes:
        module = self._module
        if request is Request.GET_BULK:
            pdu, api = v2c.GetBulkRequestPDU(), v2c.apiBulkPDU
            api.set_defaults(pdu)
            api.set_non_repeaters(pdu, 0)
            api.set_max_repetitions(pdu, repetitions)
        else:
            pdu = module.GetRequestPDU() if request is Request.GET else module.GetNextRequestPDU()
            api = module.apiPDU
            api.set_defaults(pdu)
        api.set_request_id(pdu, request_id)
        api.set_varbinds(pdu, [(module.ObjectIdentifier(_tuple(oid)), module.Null("")) for oid in oids])
        message = module.Message()
        module.apiMessage.set_defaults(message)
        module.apiMessage.set_community(message, self._access.community.encode())
        module.apiMessage.set_pdu(message, pdu)
        written: bytes = encoder.encode(message)
        return written

    def _read(self, data: bytes) -> Pdu:
        module = self._module
        message, _ = decoder.decode(data, asn1Spec=module.Message())
        api = module.apiMessage
        written = V1 if module is v1 else V2C
        community = self._access.community.encode()
        if int(api.get_version(message)) != written or api.get_community(message).asOctets() != community:
            raise Malformed("the answer carries another version or community")
        pdu = module.apiMessage.get_pdu(message)
        if not pdu.isSameTypeWith(module.ResponsePDU() if module is v2c else module.GetResponsePDU()):
            raise Malformed("a PDU that is no answer")
        api = module.apiPDU
        return Pdu(
            RESPONSE,
            int(api.get_request_id(pdu)),
            int(api.get_error_status(pdu)),
            int(api.get_error_index(pdu, muteErrors=True)),
            [_bind(name, value) for name, value in api.get_varbinds(pdu)],
        )

    async def close(self) -> None:
        if self._socket is not None:
            self._socket[0].close()
            self._socket = None


# ---------------------------------------------------------------- version 3
class _UsmSession(_ReferenceSession):
    """Version 3: pysnmp's engine does discovery, keys, time and transport."""

    def __init__(self, engine: SnmpEngine, address: str, port: int, access: SnmpAccess, **options: Any) -> None:
        super().__init__(address, port, access, **options)
        self._engine = engine
        self._names: tuple[str, str] | None = None  # of pysnmp's rows for the address and the user

    async def _once(
        self, request: Request, oids: Sequence[str], repetitions: int, seconds: float
    ) -> Pdu | DeviceFault | None:
        names = self._names or await self._configure()
        if isinstance(names, DeviceFault):
            return names
        answer: asyncio.Future[Pdu | DeviceFault | None] = asyncio.get_running_loop().create_future()

        def deliver(
            engine: object, handle: object, indication: Any, status: Any, index: Any, binds: Any, context: object
        ) -> None:
            if answer.done():
                return
            try:
                answer.set_result(_outcome(indication, status, index, binds))
            except (PySnmpError, PyAsn1Error, Malformed) as error:
                answer.set_result(Malformed(f"pysnmp's answer cannot be read: {type(error).__name__}"))

        asked = [(v2c.ObjectIdentifier(_tuple(oid)), v2c.Null("")) for oid in oids]
        proxied = self._access.context_engine
        engine_id = v2c.OctetString(hexValue=proxied) if proxied else None
        where = (self._engine, names[0], engine_id, self._access.context)
        if request is Request.GET_BULK:
            BulkCommandGenerator().send_varbinds(*where, 0, repetitions, asked, deliver)
        elif request is Request.GET_NEXT:
            NextCommandGenerator().send_varbinds(*where, asked, deliver)
        else:
            GetCommandGenerator().send_varbinds(*where, asked, deliver)
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            return None

    async def _configure(self) -> tuple[str, str] | DeviceFault:
        access = self._access
        kind = Udp6TransportTarget if ":" in self._address else UdpTransportTarget
        try:
            # Our own clock ends an attempt; pysnmp's is set to come later, so that it never sends by itself.
            target = await kind.create(
                (self._address, self._device_port), timeout=max(1.0, self._timeout_seconds) * 8, retries=0
            )
        except PySnmpError:
            return Unroutable(f"the name {self._address} does not resolve")
        user = usm.UsmUserData(
            access.user,
            authKey=access.auth_secret or None,
            privKey=access.priv_secret or None,
            authProtocol=_AUTH[access.auth],
            privProtocol=_PRIV[access.priv],
        )
        self._names = CommandGeneratorLcdConfigurator().configure(self._engine, user, target, access.context)
        return self._names


def _outcome(indication: Any, status: Any, index: Any, binds: Any) -> Pdu | DeviceFault | None:
    """pysnmp's error indication or answer, in our words."""
    if indication is None:
        return Pdu(RESPONSE, 0, int(status), int(index), [_bind(name, value) for name, value in binds])
    if isinstance(indication, errind.EmptyResponse):
        return Pdu(RESPONSE, 0, 0, 0, [])
    if isinstance(indication, errind.RequestTimedOut):
        return None
    if isinstance(indication, _REFUSALS):
        return WrongCredentials(str(indication))
    if isinstance(indication, _CONTEXT_REFUSALS):
        return AccessDenied(str(indication))
    return Malformed(str(indication))


# ---------------------------------------------------------------- values
def _tuple(oid: str) -> tuple[int, ...]:
    parts = tuple(map(int, oid.split(".")))
    return parts if len(parts) > 1 else (*parts, 0)


def _bind(name: Any, value: Any) -> Bind:
    """pysnmp's variable binding, in our words."""
    oid = ".".join(map(str, tuple(name)))
    (tag,) = (int(t.tagClass | t.tagFormat | t.tagId) for t in value.tagSet.superTags[:1])
    if tag in ber.ABSENT:
        return oid, tag, None
    if tag == ber.INTEGER or tag in ber.UNSIGNED:
        return oid, tag, int(value)
    if tag == ber.OBJECT_IDENTIFIER:
        return oid, tag, Oid(".".join(map(str, tuple(value))))
    return oid, tag, ber.value_of(tag, value.asOctets())
