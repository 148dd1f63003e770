"""`python3 -m toolkit node`, for trying a part outside the image."""

import sys

from .main import main

sys.exit(main())
