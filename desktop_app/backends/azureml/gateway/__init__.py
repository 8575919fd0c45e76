"""What talks to Azure: started by path in the toolchain `azureml`, with its packages and nothing of the house."""
