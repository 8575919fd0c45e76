"""An emulator of Azure Machine Learning that real clients can't tell from the service; see README.md."""
