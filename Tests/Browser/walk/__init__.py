# SPDX-License-Identifier: Apache-2.0
"""What the browser walk is made of; the story itself stands in the `test_` files."""
