"""Commands that bring files of people in: profiles guessed, tried and used."""
