# SPDX-License-Identifier: Apache-2.0
"""What the measurements of mail share: the receiver, the load, the peer, Ward, and runs in pairs."""
