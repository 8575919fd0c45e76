"""What the window says of clouds: workspaces, sign-in, compute, and what waits to be sent; without Qt."""
