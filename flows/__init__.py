"""What is run or scheduled: the Prefect flows and the command line."""
