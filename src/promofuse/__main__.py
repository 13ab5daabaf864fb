"""`python -m promofuse`."""

from promofuse.cli import main

if __name__ == "__main__":
    main()
