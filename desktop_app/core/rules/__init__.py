"""What the values of a file mean to Azure ML, for every kind of file: pure rules over data and dated facts."""
