"""`feira` and `python -m feira`."""

from feira.cli.main import main

if __name__ == "__main__":
    main()
