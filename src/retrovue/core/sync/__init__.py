"""One sync: what to look at, what differs, who is who, what may be removed, and the run that ties them together."""
