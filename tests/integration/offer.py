"""The offer of a browser, for tests without media."""

import os

with open(os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/integration/chromium-offer.sdp"), encoding="ascii", newline="") as _file:
    OFFER = _file.read()
