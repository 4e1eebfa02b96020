"""How far a study is: where its steps stand, what runs, and how long the rest takes."""
