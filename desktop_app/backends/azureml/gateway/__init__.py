"""What talks to Azure: started by path in the toolchain `azureml`, with the standard library, httpx and azure.* only."""
