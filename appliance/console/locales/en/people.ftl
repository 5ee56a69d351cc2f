people-ready = { $ready } of { $count } can be called
people-name = Name
people-extension = Extension
people-phone = Phone
people-location = Where
people-phones =
    { $count ->
        [0] No phone is registered
        [one] Registered
       *[other] { $count } phones registered
    }
people-empty = Nobody is set up yet
people-empty-what = The people of the clinic stand in its settings.
