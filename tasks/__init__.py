"""The steps of cleaning a page: plain functions, a file each, that know nothing of Prefect."""
