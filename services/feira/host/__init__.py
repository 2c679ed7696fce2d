"""How the shop lives on a machine: its data directory, its PostgreSQL and its processes. No service imports it."""
