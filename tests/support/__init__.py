"""What several test modules use: brokers, browsers, made-up records. No test is in here."""
