"""Settings and the data that the steps are told by: phrase rules, publisher rules, the trained model."""
