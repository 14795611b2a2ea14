"""A token taken apart, drawn, edited and signed again."""
