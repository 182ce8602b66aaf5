"""What a session did, from its journals: recomputed, compared, and printed for people and programs."""
