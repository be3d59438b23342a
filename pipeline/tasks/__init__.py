"""What a network learns and answers, a folder each. A task knows no track."""
