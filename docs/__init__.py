"""The documentation: pages, programs that write pages from code and results, and `docs.build`."""
