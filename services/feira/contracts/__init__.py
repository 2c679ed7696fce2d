"""Where services meet: what each promises, announces and refuses. Nothing here does anything."""
