"""Products, their texts and categories, and the stock that is counted, set aside and sold."""
