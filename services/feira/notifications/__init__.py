"""E-mail to customers: one mail for each event that calls for one, in their language."""
