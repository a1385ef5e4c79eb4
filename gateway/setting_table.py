"""The table of settings, one row each.

Laws: a row is added with the feature that reads it; its text is the only description there is.
"""

from typing import Final

from gateway.setting_row import Setting
from gateway.settings_of_platform import OF_PLATFORM
from gateway.settings_of_traffic import OF_TRAFFIC

SETTINGS: Final[tuple[Setting, ...]] = (*OF_PLATFORM, *OF_TRAFFIC)
