"""What a log shows: its lines as rows, which ranks are meant, how many matches each has."""
