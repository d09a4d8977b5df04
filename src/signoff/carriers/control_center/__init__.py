"""Cisco IoT Control Center, through which AT&T and T-Mobile lines of resellers are run."""
