"""`python -m pipeline <verb> ...`, what run.sh calls."""

import sys

from pipeline.cli import main

sys.exit(main(sys.argv[1:]))
