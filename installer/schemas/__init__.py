"""Makes `resources/schemas` out of azure-ai-ml: `python -m installer.schemas`, in the environment that has it.

The program itself never imports azure-ai-ml: it reads the files. A test makes them again and compares.
"""
