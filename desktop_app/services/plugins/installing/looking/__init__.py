"""What a wheel or a source folder holds, told without running anything of it."""
