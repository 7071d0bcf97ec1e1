"""What ``doctor`` looks at. Imports nothing but the standard library until a check needs it: parts may be broken."""
