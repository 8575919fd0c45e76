"""The Plugins page: what is installed, one plugin, finding and installing others, and the history."""
