"""The command `kq`: one module a subcommand; the only code that prints or sets an exit code."""
