# SPDX-License-Identifier: GPL-2.0-or-later
"""`python -m patchwatch`: the same as the command `patchwatch`."""

from patchwatch.cli import main

if __name__ == "__main__":
    main()
