"""`python -m adapter` is `scaleahead`."""

from adapter.cli import main

if __name__ == "__main__":
    main(prog_name="scaleahead")
