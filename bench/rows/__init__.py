"""The rows of the table, one module for each group of rows that share a shop."""
