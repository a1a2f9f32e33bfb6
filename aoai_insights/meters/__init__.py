"""What a meter's name says it sells."""
