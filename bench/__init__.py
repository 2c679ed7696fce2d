"""The bench of Feira: what the shop does in a second, beside what the machine could do, in one run.

`python -m bench` measures the rows of its table; `make bench`, `make bench-quick` and `make bench-growth` are its uses.
"""
