"""What is written to an archive: Parquet, plain text, manifests."""
