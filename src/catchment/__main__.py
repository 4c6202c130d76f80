"""The command ``catchment``.

Every process that it starts reads the program it was started by, and has no use for commands. So
they are imported where they are asked.
"""


def main() -> None:
    """Do what the command line says."""
    from catchment.cli import app  # noqa: PLC0415 -- see above

    app()


if __name__ == "__main__":
    main()
