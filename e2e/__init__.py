"""The promises: one file each."""

import pytest

pytest.register_assert_rewrite("e2e.loss")  # its asserts tell what they compared, as those of the stories do
