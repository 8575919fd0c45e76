"""The set-up script behind the README's two commands; the standard library only, as nothing else is there yet."""
