"""`python hurried.py discovery`: the toolkit with a recorder that looks and delivers ten times as often."""

import sys

import toolkit.elasticsearch
from toolkit.main import main
from toolkit.recorder import child, delivery, own, recorder, samples

recorder.TICK = 0.1
recorder.PAUSED = 1.0
delivery.EVERY = 0.1
delivery.RETRY = 0.3
delivery.PATIENCE = 1.0
own.SILENT = 1.5
samples.EVERY = 0.5
child.REVIVED = 0.5
toolkit.elasticsearch.TIMEOUT = 0.5

sys.exit(main())
