// What the desk's pages do beyond plain forms.
