"""`python hurried.py discovery`: the toolkit with a recorder that looks and delivers ten times as often."""

import os
import sys
from pathlib import Path

import toolkit.elasticsearch
from toolkit.main import main
from toolkit.recorder import child, delivery, indices, own, recorder, retention, samples

recorder.TICK = 0.1
recorder.PAUSED = 1.0
delivery.EVERY = 0.1
retention.EVERY = 0.1
delivery.RETRY = 0.3
indices.PATIENCE = 1.0
own.SILENT = 1.5
samples.EVERY = 0.5
child.PAGE = Path(os.environ.get("PAGE", Path(__file__).parents[2] / "marvel" / "recorded.js"))
child.REVIVED = 0.5
toolkit.elasticsearch.TIMEOUT = 0.5

sys.exit(main())
