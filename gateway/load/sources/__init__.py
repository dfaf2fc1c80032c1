"""One module for each kind of file: which columns it has and what its rows become."""
