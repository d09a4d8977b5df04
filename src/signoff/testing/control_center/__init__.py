"""A Control Center to try and test against."""

from signoff.testing.control_center.server import (
    ACCOUNT_ID,
    API_KEY,
    USER,
    ControlCenterSimulator,
    running_control_center,
)

__all__ = ["ACCOUNT_ID", "API_KEY", "USER", "ControlCenterSimulator", "running_control_center"]
