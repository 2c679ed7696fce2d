"""Dead letters: events that a handler could not cope with after all its tries, and those behind them."""
