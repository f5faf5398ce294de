"""What costs too much in Python, in C; `twins` says in plain Python what each function does."""
