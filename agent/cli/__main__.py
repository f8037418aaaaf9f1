"""`python -m agent.cli`: the same as `hartwatch`."""

from agent.cli import main

main()
