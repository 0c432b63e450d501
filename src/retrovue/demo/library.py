"""Facts about films and serials whose copyright has lapsed in the United States: titles, years, makers, lengths.

Facts only; no text or picture is taken from anywhere.
"""

from __future__ import annotations

from typing import NamedTuple


class Film(NamedTuple):
    """A film: length in minutes, its director, genres, and its id at IMDb."""

    title: str
    year: int
    minutes: int
    director: str
    genres: tuple[str, ...]
    imdb: str


class Serial(NamedTuple):
    """A serial with the chapters of each of its seasons."""

    title: str
    year: int
    studio: str
    genres: tuple[str, ...]
    imdb: str
    minutes: int
    seasons: tuple[tuple[str, ...], ...]


FILMS: tuple[Film, ...] = (
    Film("A Trip to the Moon", 1902, 13, "Georges Méliès", ("Fantasy", "Short"), "tt0000417"),
    Film("The Great Train Robbery", 1903, 11, "Edwin S. Porter", ("Western", "Short"), "tt0000439"),
    Film("The Cabinet of Dr. Caligari", 1920, 76, "Robert Wiene", ("Horror",), "tt0010323"),
    Film(
        "The Golem: How He Came into the World", 1920, 76, "Paul Wegener", ("Fantasy", "Horror"), "tt0011237"
    ),
    Film("The Kid", 1921, 68, "Charles Chaplin", ("Comedy", "Drama"), "tt0012349"),
    Film("Nosferatu", 1922, 94, "F. W. Murnau", ("Horror",), "tt0013442"),
    Film("Häxan", 1922, 105, "Benjamin Christensen", ("Documentary", "Horror"), "tt0013257"),
    Film("Safety Last!", 1923, 73, "Fred C. Newmeyer", ("Comedy",), "tt0014429"),
    Film("Sherlock Jr.", 1924, 45, "Buster Keaton", ("Comedy", "Fantasy"), "tt0015324"),
    Film("The Thief of Bagdad", 1924, 149, "Raoul Walsh", ("Adventure", "Fantasy"), "tt0015400"),
    Film("Battleship Potemkin", 1925, 75, "Sergei Eisenstein", ("Drama", "History"), "tt0015648"),
    Film("The Gold Rush", 1925, 95, "Charles Chaplin", ("Comedy", "Adventure"), "tt0015864"),
    Film("The Phantom of the Opera", 1925, 93, "Rupert Julian", ("Horror", "Romance"), "tt0016220"),
    Film("The Lost World", 1925, 106, "Harry O. Hoyt", ("Adventure", "Fantasy"), "tt0016039"),
    Film("狂った一頁", 1926, 71, "Teinosuke Kinugasa", ("Drama",), "tt0017048"),
    Film("The General", 1926, 78, "Buster Keaton", ("Comedy", "War"), "tt0017925"),
    Film("Metropolis", 1927, 153, "Fritz Lang", ("Science Fiction", "Drama"), "tt0017136"),
    Film("Sunrise: A Song of Two Humans", 1927, 94, "F. W. Murnau", ("Drama", "Romance"), "tt0018455"),
    Film("Wings", 1927, 144, "William A. Wellman", ("War", "Romance"), "tt0018578"),
    Film("Steamboat Bill, Jr.", 1928, 70, "Charles Reisner", ("Comedy",), "tt0019421"),
    Film("White Zombie", 1932, 67, "Victor Halperin", ("Horror",), "tt0023694"),
    Film("My Man Godfrey", 1936, 94, "Gregory La Cava", ("Comedy", "Romance"), "tt0028010"),
    Film("Gulliver's Travels", 1939, 76, "Dave Fleischer", ("Animation", "Fantasy"), "tt0031397"),
    Film("His Girl Friday", 1940, 92, "Howard Hawks", ("Comedy", "Romance"), "tt0032599"),
    Film("Meet John Doe", 1941, 122, "Frank Capra", ("Comedy", "Drama"), "tt0033891"),
    Film("Detour", 1945, 68, "Edgar G. Ulmer", ("Crime", "Film Noir"), "tt0037638"),
    Film("Scarlet Street", 1945, 102, "Fritz Lang", ("Crime", "Film Noir"), "tt0038057"),
    Film("D.O.A.", 1950, 83, "Rudolph Maté", ("Crime", "Film Noir"), "tt0042369"),
    Film("House on Haunted Hill", 1959, 75, "William Castle", ("Horror",), "tt0051744"),
    Film("The Little Shop of Horrors", 1960, 72, "Roger Corman", ("Comedy", "Horror"), "tt0054033"),
    Film("Carnival of Souls", 1962, 78, "Herk Harvey", ("Horror",), "tt0055830"),
    Film("Charade", 1963, 113, "Stanley Donen", ("Comedy", "Mystery", "Romance"), "tt0056923"),
    Film("McLintock!", 1963, 127, "Andrew V. McLaglen", ("Comedy", "Western"), "tt0057298"),
    Film("The Last Man on Earth", 1964, 86, "Ubaldo Ragona", ("Horror", "Science Fiction"), "tt0058700"),
    Film("Night of the Living Dead", 1968, 96, "George A. Romero", ("Horror",), "tt0063350"),
)

LATECOMER = Film("Plan 9 from Outer Space", 1957, 79, "Ed Wood", ("Horror", "Science Fiction"), "tt0050858")
"""A film that joins the library while the demonstration runs."""

SERIALS: tuple[Serial, ...] = (
    Serial(
        "Superman", 1941, "Fleischer Studios", ("Animation", "Action"), "tt0033110", 9,
        (
            ("The Mad Scientist", "The Mechanical Monsters", "Billion Dollar Limited", "The Arctic Giant",
             "The Bulleteers", "The Magnetic Telescope", "Electric Earthquake", "Volcano", "Terror on the Midway"),
            ("Japoteurs", "Showdown", "Eleventh Hour", "Destruction, Inc.", "The Mummy Strikes", "Jungle Drums",
             "The Underground World", "Secret Agent"),
        ),
    ),
    Serial(
        "Undersea Kingdom", 1936, "Republic Pictures", ("Science Fiction", "Adventure"), "tt0028445", 19,
        (
            ("Beneath the Ocean Floor", "The Undersea City", "Arena of Death", "Revenge of the Volkites",
             "Prisoners of Atlantis", "The Juggernaut Strikes", "The Submarine Trap", "Into the Metal Tower",
             "Death in the Air", "Atlantis Destroyed", "Flaming Death", "Ascent to the Upperworld"),
        ),
    ),
    Serial(
        "Radar Men from the Moon", 1952, "Republic Pictures", ("Science Fiction", "Action"), "tt0045070", 14,
        (
            ("Moon Rocket", "Molten Terror", "Bridge of Death", "Flight to Destruction", "Murder Car",
             "Hills of Death", "Camouflaged Destruction", "The Enemy Planet", "Battle in the Stratosphere",
             "Mass Execution", "Planned Pursuit", "Take-Off to Eternity"),
        ),
    ),
)  # fmt: skip
